package reference

import "strings"

// foldParagraph folds one paragraph of Markdown for a terminal. Each row of a table becomes a line with every cell after
// the name of its column, because folded columns are harder to read than sentences; the items of a list stay separate.
func foldParagraph(s string, by, width int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	switch {
	case strings.HasPrefix(lines[0], "|") && len(lines) > 2:
		return foldTable(lines, by, width)
	case strings.HasPrefix(lines[0], "* "), strings.HasPrefix(lines[0], "- "):
		return foldBullets(lines, by, width)
	}
	return foldIndented(joinLines(s), by, width)
}

func foldTable(lines []string, by, width int) string {
	heads := splitCells(lines[0])
	var out []string
	for _, line := range lines[2:] { // the second line is the rule
		row := splitCells(line)
		var said []string
		for i := 1; i < len(row) && i < len(heads); i++ {
			said = append(said, heads[i]+": "+row[i])
		}
		out = append(out, foldHanging(row[0]+": "+strings.Join(said, "; "), by, width))
	}
	return strings.Join(out, "\n")
}

func splitCells(line string) []string {
	row := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
	for i := range row {
		row[i] = strings.TrimSpace(row[i])
	}
	return row
}

func foldBullets(lines []string, by, width int) string {
	var items []string
	for _, line := range lines {
		if item, starts := strings.CutPrefix(strings.Replace(line, "- ", "* ", 1), "* "); starts {
			items = append(items, item)
		} else {
			items[len(items)-1] += " " + strings.TrimSpace(line)
		}
	}
	for i := range items {
		items[i] = foldHanging("* "+items[i], by, width)
	}
	return strings.Join(items, "\n")
}

// foldHanging folds a text, and indents all lines after the first by two more columns.
func foldHanging(s string, by, width int) string {
	folded := foldIndented(s, by+2, width)
	return folded[:by] + strings.TrimPrefix(folded[by:], "  ")
}
