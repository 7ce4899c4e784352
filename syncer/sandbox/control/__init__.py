"""What stands in front of the services: the log, faults on demand, and the way to set them."""
