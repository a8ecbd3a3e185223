"""Runs as they are kept, queued, carried out, judged and compared; the training itself is in `cnn_core.training`."""
