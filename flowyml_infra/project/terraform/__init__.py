"""Taking over what Terraform made: its state is read, matched with what is declared, and imported."""
