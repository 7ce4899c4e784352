"""The plan as a document: what is reviewed, saved and confirmed."""
