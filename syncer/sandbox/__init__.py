"""The epilot platform imitated on this machine; stands alone and shares no code with the client half."""
