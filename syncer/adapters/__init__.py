"""The outside: files, the network, the environment; foreign types and foreign errors end here."""
