package view

// style is how a piece of text is set off; it never carries meaning of its
// own, since there may be no colour.
type style string

const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	purple style = "35"
	cyan   style = "36"
)

// paint sets s in st, if there is colour at all. s must be safe already.
func (h *screen) paint(st style, s string) string {
	if !h.opt.Color || st == plain || s == "" {
		return s
	}
	return "\x1b[" + string(st) + "m" + s + "\x1b[0m"
}

// look is the symbol and the colour of an action.
func look(action string) (string, style) {
	switch action {
	case "create":
		return "+", green
	case "update":
		return "~", yellow
	case "delete":
		return "-", red
	case "run":
		return ">", cyan
	}
	return "=", dim
}
