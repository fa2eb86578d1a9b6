"""The stages of the loop and the ``workbench`` command that runs them."""
