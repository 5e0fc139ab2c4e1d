"""The local web page on which sequences are annotated. Needs fastapi and uvicorn, which nothing else here does."""
