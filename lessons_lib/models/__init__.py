"""What the lessons train: models whose gradients were checked against finite differences."""
