"""Whether a rate is in the band, and how long it takes to say so."""
