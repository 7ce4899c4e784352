"""What a flow template's spec must hold, a module a subject; `spec` calls them."""
