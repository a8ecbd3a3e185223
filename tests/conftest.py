"""A data folder for each test process, so that no test meets the runs of whoever works here."""

import os
import tempfile

os.environ["CNN_LAB_DATA"] = tempfile.mkdtemp(prefix="cnn-lab-test-")
