"""The parts of the Compare page: which runs, their curves and tables, experiments with one factor, one's own runs."""
