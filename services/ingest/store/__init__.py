"""All SQL of ingest: leases on feeds, what is known, storing a fetch, and the catalogue of feeds."""
