"""Home of the encryption of secrets: master key, data key, sealer."""
