package page

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// checked is a page as a tree.
type checked struct {
	root   *html.Node
	faults []string
}

// findFaults lists what a keyboard or a screen reader cannot use on a page.
func findFaults(t *testing.T, text string) []string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := &checked{root: root}
	c.checkLandmarks()
	c.checkHeadings()
	c.checkNames()
	c.checkTabOrder()
	for _, table := range c.all("table") {
		c.checkTable(table)
	}
	c.checkLists()
	return c.faults
}

func (c *checked) blame(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

func (c *checked) all(names ...string) []*html.Node { return below(c.root, names...) }

// below returns the elements of some names in a part of the page, in order.
func below(n *html.Node, names ...string) (out []*html.Node) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && slices.Contains(names, d.Data) {
			out = append(out, d)
		}
	}
	return out
}

func isWithin(n *html.Node, names ...string) bool {
	for a := range n.Ancestors() {
		if slices.Contains(names, a.Data) {
			return true
		}
	}
	return false
}

func attrOf(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// checkLandmarks checks that each landmark occurs once, and that all text is inside of them.
func (c *checked) checkLandmarks() {
	for _, name := range []string{"main", "header", "footer", "h1"} {
		if n := len(c.all(name)); n != 1 {
			c.blame("%s stands there %d times", name, n)
		}
	}
	if attrOf(c.all("html")[0], "lang") == "" || len(below(c.all("head")[0], "title")) != 1 {
		c.blame("the page has no language, or no title")
	}
	for d := range c.all("body")[0].Descendants() {
		text := strings.TrimSpace(d.Data)
		if d.Type == html.TextNode && text != "" && !isWithin(d, "main", "header", "footer") && attrOf(d.Parent, "class") != "skip" {
			c.blame("text stands outside of all landmarks: %s", text)
		}
	}
}

func (c *checked) checkHeadings() {
	last := 0
	for _, h := range c.all("h1", "h2", "h3", "h4", "h5", "h6") {
		level, _ := strconv.Atoi(h.Data[1:])
		if level > last+1 {
			c.blame("a heading of level %d follows one of level %d", level, last)
		}
		if last = level; textOf(h) == "" {
			c.blame("a heading of level %d is empty", level)
		}
	}
}

// checkNames checks that links, pictures, regions and scrolling parts have names, and that those of regions are unique.
func (c *checked) checkNames() {
	ids, regions := map[string]bool{}, map[string]bool{}
	for n := range c.root.Descendants() {
		if id := attrOf(n, "id"); id != "" {
			ids[id] = true
		}
	}
	for n := range c.root.Descendants() {
		label := attrOf(n, "aria-label")
		switch role := attrOf(n, "role"); {
		case n.Data == "a" && label == "" && textOf(n) == "":
			c.blame("the link %s has no name", attrOf(n, "href"))
		case n.Data == "a" && !ids[strings.TrimPrefix(attrOf(n, "href"), "#")]:
			c.blame("the link %s leads nowhere", attrOf(n, "href"))
		case n.Data == "svg" && (label == "" || role == ""), (n.Data == "nav" || n.Data == "pre") && label == "":
			c.blame("%s has no name", n.Data)
		case n.Data == "img" && attrOf(n, "alt") == "":
			c.blame("an image has no text in its place")
		case role == "region" && (label == "" || regions[label]):
			c.blame("a region has no name, or that of another one: %q", label)
		case role == "region":
			regions[label] = true
		}
	}
}

// checkTabOrder checks that the tab key goes through the page in order, beginning with the link that skips the common
// part, and that it reaches scrolling parts.
func (c *checked) checkTabOrder() {
	var reached []*html.Node
	for n := range c.root.Descendants() {
		tab := attrOf(n, "tabindex")
		if order, _ := strconv.Atoi(tab); order > 0 {
			c.blame("tabindex %d changes the order of the tab key", order)
		}
		if scrolls := n.Data == "pre" || attrOf(n, "class") == "scroll"; scrolls && n.Type == html.ElementNode && tab != "0" {
			c.blame("%s scrolls, and no key reaches it", n.Data)
		}
		if tab == "0" || n.Data == "a" && tab != "-1" {
			reached = append(reached, n)
			if slices.ContainsFunc(slices.Collect(n.Ancestors()), func(a *html.Node) bool { return attrOf(a, "aria-hidden") == "true" }) {
				c.blame("a key reaches %s, which is hidden", textOf(n))
			}
		}
	}
	if len(reached) == 0 || attrOf(reached[0], "class") != "skip" {
		c.blame("the link to the content is not reached first")
	}
}

// checkTable checks headings, the number of cells, and for a table that is a list on a narrow screen, roles and labels:
// a browser ignores the structure of a table whose parts are shown as blocks.
func (c *checked) checkTable(table *html.Node) {
	var columns []string
	for _, th := range below(table, "th") {
		if attrOf(th, "scope") == "" {
			c.blame("the heading of a table %s has no scope", textOf(th))
		}
		if attrOf(th, "scope") == "col" {
			columns = append(columns, textOf(th))
		}
	}
	stack := slices.Contains(strings.Fields(attrOf(table, "class")), "stack")
	if stack && attrOf(table, "role") == "" {
		c.blame("table has no role")
	}
	for _, row := range below(table, "tr") {
		if stack && attrOf(row, "role") == "" {
			c.blame("tr has no role")
		}
		at := 0
		for _, cell := range below(row, "th", "td") {
			label := attrOf(cell, "data-label")
			if stack && cell.Data == "td" && (attrOf(cell, "role") == "" || label != columns[min(at, len(columns)-1)]) {
				c.blame("the cell %s is labelled %s, not %s", textOf(cell), label, columns[min(at, len(columns)-1)])
			}
			wide, _ := strconv.Atoi(attrOf(cell, "colspan"))
			at += max(wide, 1)
		}
		if at != len(columns) {
			c.blame("a row of the table has %d cells for %d columns", at, len(columns))
		}
	}
}

// checkLists checks that lists contain only entries: otherwise a screen reader does not count them.
func (c *checked) checkLists() {
	for _, list := range c.all("ul", "ol", "dl") {
		for child := range list.ChildNodes() {
			if child.Type == html.ElementNode && !slices.Contains([]string{"li", "dt", "dd"}, child.Data) {
				c.blame("%s contains %s", list.Data, child.Data)
			}
		}
	}
}
