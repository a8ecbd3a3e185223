"""Lesson texts, illustrations, and the script that draws them from real numbers."""
