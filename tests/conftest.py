"""Shared fixtures. Every test gets a data folder of its own, so no test meets another's runs."""

import os
import tempfile

os.environ["CNN_LAB_DATA"] = tempfile.mkdtemp(prefix="cnn-lab-test-")
