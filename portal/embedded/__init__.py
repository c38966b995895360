import warnings

# The wheel with PostgreSQL asks for a folder that it never uses here.
warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
