"""What the pages share: site map, components, charts, cached wrappers and lessons."""
