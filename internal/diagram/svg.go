package diagram

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"strings"
	"unicode/utf8"

	"converge/internal/diagram/layout"
)

// The dimensions of a drawing, in pixels.
const (
	charWide  = 7.3 // of the font below, at most
	lineHigh  = 30
	padding   = 14
	titleHigh = 26
	maxLabel  = 56 // letters; the title of the box has the whole name
)

// SVG draws the diagram as a self-contained picture: arrows lead from dependencies to dependents, a module is a box
// around its nodes, and changes are coloured. More than maxDrawn nodes are folded.
func (d *Diagram) SVG(w io.Writer) error {
	p := newPicture(d.Fold())
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" class="graph" width="%.0f" height="%.0f" viewBox="%d %d %.0f %.0f" role="group" aria-label="order of the resources">`+"\n",
		p.sheet.W+2*padding, p.sheet.H+2*padding, -padding, -padding, p.sheet.W+2*padding, p.sheet.H+2*padding)
	b.WriteString(style) //nolint:errcheck // Flush returns the first error
	p.draw(b)
	b.WriteString("</svg>\n") //nolint:errcheck // see above
	return b.Flush()
}

// style holds the colours of a drawing, in light and dark mode.
const style = `<style>
.graph { color-scheme: light dark; font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; background: light-dark(#fff, #16181d) }
.graph text { fill: light-dark(#1c2330, #e6e9ef) }
.graph .box rect { fill: light-dark(#f4f6f9, #23272f); stroke: light-dark(#8a94a6, #7d8799) }
.graph .module > rect { fill: none; stroke: light-dark(#b3bccb, #515b6d); stroke-dasharray: 4 3 }
.graph .module > text { font-weight: bold }
.graph .way { fill: none; stroke: light-dark(#8a94a6, #7d8799); stroke-width: 1.2 }
.graph .tip { fill: light-dark(#8a94a6, #7d8799) }
.graph .create rect { fill: light-dark(#e2f6e6, #143d21); stroke: light-dark(#1a7f37, #4ac26b) }
.graph .update rect, .graph .run rect, .graph .held rect { fill: light-dark(#fff5d6, #453507); stroke: light-dark(#9a6700, #d4a72c) }
.graph .delete rect, .graph .failed rect { fill: light-dark(#ffe9e7, #4a1713); stroke: light-dark(#cf222e, #ff7b72) }
.graph .failed rect { stroke-width: 2.5 }
.graph .notified rect { fill: light-dark(#f3e8ff, #38215a); stroke: light-dark(#8250df, #c297ff) }
.graph a:focus-visible rect, .graph a:hover rect { stroke-width: 3 }
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>
`

// picture is a diagram with positions: its sheet contains single nodes, and modules with sheets of their own.
type picture struct {
	d      *Diagram
	sheet  *layout.Sheet
	areas  []area
	arrows []layout.Arrow
	why    []string // of each arrow
}

// area is one box of the sheet.
type area struct {
	size  layout.Size
	title string // of a module
	nodes []int  // one if the area has no title, else those of the module

	inner  *layout.Sheet
	arrows []layout.Arrow
	why    []string
}

func newPicture(d *Diagram) *picture {
	p := &picture{d: d}
	at, within := make([]int, len(d.Nodes)), make([]int, len(d.Nodes)) // each node's area, and its index there
	groups := map[string]int{}
	for i, n := range d.Nodes {
		k, seen := groups[n.Group]
		if n.Group == "" || !seen {
			k = len(p.areas)
			p.areas = append(p.areas, area{})
			if n.Group != "" {
				groups[n.Group], p.areas[k].title = k, "module."+n.Group
			}
		}
		at[i], within[i] = k, len(p.areas[k].nodes)
		p.areas[k].nodes = append(p.areas[k].nodes, i)
	}
	p.shareArrows(at, within)
	sizes := make([]layout.Size, len(p.areas))
	for k := range p.areas {
		p.areas[k].place(d)
		sizes[k] = p.areas[k].size
	}
	p.sheet = layout.Place(sizes, p.arrows, chooseWidth(len(sizes)))
	return p
}

// shareArrows assigns each arrow to the module that contains both ends, or to the sheet. It draws only one of several
// arrows between two boxes of the sheet.
func (p *picture) shareArrows(at, within []int) {
	have := map[layout.Arrow]int{}
	for to, edges := range p.d.joinEdges() {
		for _, e := range edges {
			if a := &p.areas[at[to]]; at[e.From] == at[to] {
				a.arrows = append(a.arrows, layout.Arrow{From: within[e.From], To: within[to]})
				a.why = append(a.why, p.describe(e, to))
				continue
			}
			arrow := layout.Arrow{From: at[e.From], To: at[to]}
			k, seen := have[arrow]
			if !seen {
				have[arrow] = len(p.arrows)
				p.arrows, p.why = append(p.arrows, arrow), append(p.why, p.describe(e, to))
				continue
			}
			p.why[k] += "\n" + p.describe(e, to)
		}
	}
}

func (p *picture) describe(e Edge, to int) string {
	return p.d.Nodes[to].Address + " comes after " + p.d.Nodes[e.From].Address + ": " + e.Reason
}

// chooseWidth returns the number of boxes in a row, so that the picture is about
// as wide as it is high.
func chooseWidth(n int) int {
	wide := 3
	for wide*wide < n*2/3 {
		wide++
	}
	return wide
}

// place positions the nodes of the area.
func (a *area) place(d *Diagram) {
	if a.title == "" {
		a.size = sizeOf(d.Nodes[a.nodes[0]])
		return
	}
	sizes := make([]layout.Size, len(a.nodes))
	for k, i := range a.nodes {
		sizes[k] = sizeOf(d.Nodes[i])
	}
	a.inner = layout.Place(sizes, a.arrows, chooseWidth(len(sizes)))
	a.size = layout.Size{W: max(a.inner.W, widthOf(a.title)) + 2*padding, H: a.inner.H + titleHigh + padding}
}

func sizeOf(n Node) layout.Size {
	return layout.Size{W: widthOf(n.shortLabel()) + 2*padding, H: lineHigh}
}

// shortLabel returns the text in the box of a node. Inside a module's box it omits the module's name.
func (n Node) shortLabel() string {
	text := n.label()
	if n.Group != "" {
		text = strings.TrimPrefix(text, "module."+n.Group+".")
	}
	return shorten(text)
}

func widthOf(text string) float64 { return charWide * float64(utf8.RuneCountInString(text)) }

// shorten cuts a long name in the middle, because its ends are the most distinctive.
func shorten(text string) string {
	r := []rune(text)
	if len(r) <= maxLabel {
		return text
	}
	return string(r[:maxLabel/2-1]) + "…" + string(r[len(r)-maxLabel/2:])
}

func (p *picture) draw(b *bufio.Writer) {
	drawWays(b, p.sheet.Ways, p.why, layout.Point{})
	for k, a := range p.areas {
		at := p.sheet.Boxes[k]
		if a.title == "" {
			drawNode(b, p.d.Nodes[a.nodes[0]], at, a.size)
			continue
		}
		fmt.Fprintf(b, `<g class="module"><rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="8"/><text x="%.1f" y="%.1f">%s</text>`+"\n",
			at.X, at.Y, a.size.W, a.size.H, at.X+padding, at.Y+17, html.EscapeString(a.title))
		origin := layout.Point{X: at.X + (a.size.W-a.inner.W)/2, Y: at.Y + titleHigh}
		drawWays(b, a.inner.Ways, a.why, origin)
		for j, i := range a.nodes {
			n := p.d.Nodes[i]
			drawNode(b, n, layout.Point{X: origin.X + a.inner.Boxes[j].X, Y: origin.Y + a.inner.Boxes[j].Y}, sizeOf(n))
		}
		b.WriteString("</g>\n") //nolint:errcheck // see SVG
	}
}

func drawNode(b *bufio.Writer, n Node, at layout.Point, size layout.Size) {
	title := n.label()
	if n.Change != "" {
		title += ": " + n.Change
	}
	if n.Place != "" {
		title += ", " + n.Place
	}
	if n.Link != "" {
		fmt.Fprintf(b, `<a href="%s" aria-label="%s">`, html.EscapeString(n.Link), html.EscapeString(title))
	}
	fmt.Fprintf(b, `<g class="box %s"><title>%s</title><rect x="%.1f" y="%.1f" width="%.1f" height="%.0f" rx="5"/><text x="%.1f" y="%.1f">%s</text></g>`,
		html.EscapeString(n.Change), html.EscapeString(title), at.X, at.Y, size.W, size.H, at.X+padding, at.Y+19.5, html.EscapeString(n.shortLabel()))
	if n.Link != "" {
		b.WriteString("</a>") //nolint:errcheck // see SVG
	}
	b.WriteByte('\n') //nolint:errcheck // see SVG
}

// drawWays draws arrows, each as a curve that leaves and meets its boxes vertically.
func drawWays(b *bufio.Writer, ways [][]layout.Point, why []string, origin layout.Point) {
	for i, way := range ways {
		if len(way) == 0 {
			continue // from a box to itself
		}
		fmt.Fprintf(b, `<path class="way" marker-end="url(#tip)" d="M%.1f %.1f`, origin.X+way[0].X, origin.Y+way[0].Y)
		for k := 1; k < len(way); k++ {
			from, to := way[k-1], way[k]
			middle := origin.Y + (from.Y+to.Y)/2
			fmt.Fprintf(b, "C%.1f %.1f %.1f %.1f %.1f %.1f", origin.X+from.X, middle, origin.X+to.X, middle, origin.X+to.X, origin.Y+to.Y)
		}
		fmt.Fprintf(b, `"><title>%s</title></path>`+"\n", html.EscapeString(why[i]))
	}
}
