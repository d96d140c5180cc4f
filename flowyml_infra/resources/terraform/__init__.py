"""What is known about Terraform's resource types: which kind stands for the same thing, and how it is told apart."""
