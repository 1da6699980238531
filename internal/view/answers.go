package view

// File is a file that a command has written or would rewrite.
type File struct {
	File string `json:"file"`
	Done string `json:"done,omitempty"` // what was done with it, in a word
	Diff string `json:"diff,omitempty"` // as unified text
	Text string `json:"text,omitempty"` // the text, if it is not written to a file
}

// Explanation is what the reference has about a word.
type Explanation struct {
	Word string `json:"word"`
	Text string `json:"text"`
}

// Wanted is the answer to one entry of a requirement file.
type Wanted struct {
	Status  string `json:"status"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Local   bool   `json:"local,omitempty"` // it is in a stow directory
	Why     string `json:"why,omitempty"`   // it is refused
}
