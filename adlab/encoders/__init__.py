"""From an image or a text to a representation; an encoder declares its width and never predicts."""
