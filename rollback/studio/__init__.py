"""The studio: trainings in processes of their own, started, watched and stopped from a page. Imports nothing by itself."""
