"""The layer types, one file per family; importing a family enters its types in the registry."""
