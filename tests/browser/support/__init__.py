"""How panels fare on front ends and kernels of several versions."""
