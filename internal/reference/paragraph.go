package reference

import "strings"

// paragraph folds one paragraph of Markdown for a terminal. A table becomes a
// line a row, each cell under the name of its column, because columns that
// fold are harder to read than sentences; a list keeps its items apart.
func paragraph(s string, by, width int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	switch {
	case strings.HasPrefix(lines[0], "|") && len(lines) > 2:
		return table(lines, by, width)
	case strings.HasPrefix(lines[0], "* "), strings.HasPrefix(lines[0], "- "):
		return bullets(lines, by, width)
	}
	return indent(oneLine(s), by, width)
}

func table(lines []string, by, width int) string {
	heads := cells(lines[0])
	var out []string
	for _, line := range lines[2:] { // the second line is the rule
		row := cells(line)
		var said []string
		for i := 1; i < len(row) && i < len(heads); i++ {
			said = append(said, heads[i]+": "+row[i])
		}
		out = append(out, hang(row[0]+": "+strings.Join(said, "; "), by, width))
	}
	return strings.Join(out, "\n")
}

func cells(line string) []string {
	row := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
	for i := range row {
		row[i] = strings.TrimSpace(row[i])
	}
	return row
}

func bullets(lines []string, by, width int) string {
	var items []string
	for _, line := range lines {
		if item, starts := strings.CutPrefix(strings.Replace(line, "- ", "* ", 1), "* "); starts {
			items = append(items, item)
		} else {
			items[len(items)-1] += " " + strings.TrimSpace(line)
		}
	}
	for i := range items {
		items[i] = hang("* "+items[i], by, width)
	}
	return strings.Join(items, "\n")
}

// hang folds a text whose further lines are indented two columns deeper.
func hang(s string, by, width int) string {
	folded := indent(s, by+2, width)
	return folded[:by] + strings.TrimPrefix(folded[by:], "  ")
}
