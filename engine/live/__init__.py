"""Trading against a venue that is not ours: the same core, fed by gateways on threads of their own."""
