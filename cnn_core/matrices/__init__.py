"""Small matrices as people type, paste, draw or draw at random them; examples to begin with."""
