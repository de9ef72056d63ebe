"""Whether people let a version into service: asked, decided once, and by the right person."""
