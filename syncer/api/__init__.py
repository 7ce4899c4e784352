"""The platform as list, read and write; foreign types and errors of the network end here."""
