package words_test

import (
	"fmt"

	"notewatch/internal/words"
)

func ExampleFigure() {
	fmt.Println(words.Figure(41_234_567, "B"))
	fmt.Println(words.Figure(12345, ""))
	// Output:
	// 41.2 MB
	// 12,345
}
