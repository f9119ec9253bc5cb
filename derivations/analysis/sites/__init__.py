"""Sites: points and families as triangular sets, with what is known of signs there; conditions that are left."""
