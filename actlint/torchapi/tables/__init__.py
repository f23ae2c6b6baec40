"""Tables made by the scripts that their headers name."""
