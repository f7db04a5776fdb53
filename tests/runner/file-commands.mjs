// The runner's reading of `GITHUB_ENV` and `GITHUB_OUTPUT`, after `FileCommandManager.cs` of actions/runner.

/**
 * @param {string} text
 * @returns {Record<string, string>}
 */
export function readFileCommands(text) {
  const pairs = {};
  for (let rest = text; rest !== ''; ) {
    let line;
    [line, rest] = cut(rest);
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      pairs[line.slice(0, equals)] = line.slice(equals + 1);
      continue;
    }
    if (heredoc < 0) throw new Error(`Invalid format '${line}'`);
    const [name, delimiter] = [line.slice(0, heredoc), line.slice(heredoc + 2)];
    if (name === '' || delimiter === '') throw new Error(`Invalid format '${line}'`);
    [pairs[name], rest] = heredocValue(rest, delimiter);
  }
  return pairs;
}

function heredocValue(text, delimiter) {
  const lines = [];
  for (let rest = text; rest.includes('\n'); ) {
    let line;
    [line, rest] = cut(rest);
    if (line === delimiter) return [lines.join('\n'), rest];
    lines.push(line);
  }
  throw new Error(`Matching delimiter not found '${delimiter}'`);
}

function cut(text) {
  const end = text.indexOf('\n');
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end + 1)];
}
