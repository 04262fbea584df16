package explain

// The bounds that tests go to.
const (
	MaxParts  = maxParts
	MaxValues = maxValues
	MaxLine   = maxLine
)
