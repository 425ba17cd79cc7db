"""Rapport-building actions: found in the timeline, evidenced and scored."""
