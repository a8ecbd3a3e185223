// Back through the network from one value: what it is made of, layer by layer, and so its receptive field. The rules
// come from Python (cnn_core.insight.graph.back); here they are followed in the frame in which the pointer moves.

const range = (count) => Array.from({ length: count }, (_, i) => i);

function whole(node) {
  return { first: 0, last: node.maps, rows: range(node.size[0]), columns: range(node.size[1]) };
}

function read({ ends, step }, places) {
  const cells = new Set();
  for (const place of places) for (let cell = ends[place][0]; cell < ends[place][1]; cell += step) cells.add(cell);
  return [...cells].sort((a, b) => a - b);
}

// An extent of each input of a node, null where it takes no part.
function back(nodes, node, extent) {
  const [rule, ...numbers] = node.rule;
  const inputs = node.inputs.map((place) => nodes[place]);
  if (rule === "all") return inputs.map(whole);
  if (rule === "flatten") return [unflattened(inputs[0], numbers, extent)];
  if (rule === "stack") {
    let offset = 0;
    return numbers.map((count) => {
      const first = Math.max(extent.first - offset, 0);
      const last = Math.min(extent.last - offset, count);
      offset += count;
      return first < last ? { ...extent, first, last } : null;
    });
  }
  let { first, last } = extent;
  if (rule === "group") {
    const [each, given] = numbers;
    last = (Math.floor((last - 1) / each) + 1) * given;
    first = Math.floor(first / each) * given;
  }
  const [rows, columns] = node.windows
    ? [read(node.windows[0], extent.rows), read(node.windows[1], extent.columns)] : [extent.rows, extent.columns];
  return inputs.map(() => (rows.length && columns.length ? { first, last, rows, columns } : null));
}

function unflattened(source, [height, width], extent) {
  const each = height * width;
  const first = Math.floor(extent.first / each);
  const last = Math.floor((extent.last - 1) / each) + 1;
  if (extent.last - extent.first > 1) return { ...whole(source), first, last };
  const inside = extent.first % each;
  return { first, last, rows: [Math.floor(inside / width)], columns: [inside % width] };
}

const within = (a, b) => a.first >= b.first && a.last <= b.last
  && a.rows.every((row) => b.rows.includes(row)) && a.columns.every((column) => b.columns.includes(column));

// For every node that the value can see: which maps and the box in them [first, last, top, bottom, left, right].
function follow(nodes, start, extent) {
  const seen = new Map([[start, [extent]]]);
  for (let place = start; place >= 0; place--) {
    for (const one of seen.get(place) ?? []) {
      back(nodes, nodes[place], one).forEach((found, i) => {
        if (!found) return;
        const source = nodes[place].inputs[i];
        const known = seen.get(source) ?? [];
        if (!known.some((other) => within(found, other))) {
          seen.set(source, [...known.filter((other) => !within(other, found)), found]);
        }
      });
    }
  }
  const hull = (extents) => {
    const rows = extents.flatMap((one) => [one.rows[0], one.rows.at(-1)]);
    const columns = extents.flatMap((one) => [one.columns[0], one.columns.at(-1)]);
    return [
      Math.min(...extents.map((one) => one.first)), Math.max(...extents.map((one) => one.last)),
      Math.min(...rows), Math.max(...rows) + 1, Math.min(...columns), Math.max(...columns) + 1,
    ];
  };
  return new Map([...seen].map(([place, extents]) => [place, hull(extents)]));
}

// Everything that a map, or one pixel of it, is made of; without a pixel its windows are not followed.
const madeOf = (nodes, place, map, row, column) =>
  follow(nodes, place, { first: map, last: map + 1, rows: [row], columns: [column] });
