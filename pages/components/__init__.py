"""What runs in the browser: one folder a component, its Python, JavaScript and CSS; `common` is for several."""
