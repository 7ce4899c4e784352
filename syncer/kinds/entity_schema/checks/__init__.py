"""What an entity schema's spec must hold, a module a subject; `spec` calls them."""
