"""The parts of the Compare page: choice of runs, curves and tables, experiments, the learner's own runs."""
