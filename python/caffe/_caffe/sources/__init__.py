"""Where data layers read from: databases, image files, and the threads that read ahead."""
