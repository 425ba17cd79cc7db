"""A whole corpus: many recordings analysed by many workers, stopped and taken up at will."""
