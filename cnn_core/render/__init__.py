"""Arrays as pictures: colour scales, tiles, results of filters, and maps quantised for the browser."""
