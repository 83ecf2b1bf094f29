"""The explicit engine: every state stored once, packed into machine words, searched by compiled loops."""
