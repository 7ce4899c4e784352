"""Flow templates: phases, tasks and the graph between them."""
