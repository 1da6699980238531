package scrub

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

// eachEncoding calls add with every encoded form in which programs write the text.
func eachEncoding(text string, add func(string)) {
	for _, form := range []string{
		jsonForm(text, true), jsonForm(text, false), quotedForm(text),
		strings.ReplaceAll(text, `'`, `'\''`), strings.ReplaceAll(text, `'`, `'"'"'`), shellForm(text),
		url.QueryEscape(text), url.PathEscape(text), strings.ReplaceAll(url.QueryEscape(text), "+", "%20"),
	} {
		if form != text {
			add(form)
		}
	}
	base64Forms(text, add)
}

// jsonForm returns the text as it appears between the quotes of a JSON string.
func jsonForm(text string, html bool) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(html)
	if err := enc.Encode(text); err != nil {
		return text
	}
	quoted := strings.TrimSuffix(b.String(), "\n")
	return quoted[1 : len(quoted)-1]
}

// quotedForm returns the text as it appears between the quotes of a Go string.
func quotedForm(text string) string {
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}

// shellForm returns the text as it appears between double quotes in a shell.
func shellForm(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(text)
}

// minBase64 is the length in characters of the shortest base64 form to search for: shorter ones appear in ordinary
// words.
const minBase64 = 8

// base64Forms calls add with the characters that the text alone determines in its base64 form, at each of the three
// possible offsets (RFC 4648, section 4: three bytes are four characters).
func base64Forms(text string, add func(string)) {
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		for shift := range 3 {
			coded := enc.EncodeToString([]byte(strings.Repeat("\x00", shift) + text))
			first, end := (shift*8+5)/6, (shift+len(text))*8/6
			if end-first >= minBase64 {
				add(coded[first:end])
			}
			if shift == 0 && len(coded) >= minBase64 {
				add(coded)
				add(strings.TrimRight(coded, "="))
			}
		}
	}
}
