"""What `tools/bake_face_model.py` is made of."""
