package main

const (
	fibNumber   = 30
	fibOfIt     = 832_040
	fibChildren = 1_346_268

	degree         = 10
	leaves         = 1_000_000
	skynetChildren = 1_111_110

	queens         = 11
	solutions      = 2680
	queensChildren = 166_925
)

// Two children, one of which is a plain call.
func fib(n int) uint64 {
	if n < 2 {
		return uint64(n)
	}
	child := make(chan uint64, 1)
	go func() { child <- fib(n - 1) }()
	second := fib(n - 2)
	return <-child + second
}

func fibTree(int) int {
	check(fib(fibNumber) == fibOfIt, "fib: a wrong sum")
	return fibChildren
}

func skynet(number, size uint64, result chan<- uint64) {
	if size == 1 {
		result <- number
		return
	}
	children := make(chan uint64, degree)
	part := size / degree
	for i := uint64(0); i < degree; i++ {
		go skynet(number+i*part, part, children)
	}
	sum := uint64(0)
	for i := 0; i < degree; i++ {
		sum += <-children
	}
	result <- sum
}

func skynetTree(int) int {
	result := make(chan uint64, 1)
	skynet(0, leaves, result)
	check(<-result == leaves*(leaves-1)/2, "skynet: a wrong sum")
	return skynetChildren
}

type board [queens]int8

func isFree(b *board, rows int, column int8) bool {
	for row := 0; row < rows; row++ {
		distance, difference := int8(rows-row), column-b[row]
		if difference == 0 || difference == distance || difference == -distance {
			return false
		}
	}
	return true
}

func nqueens(b board, rows int, result chan<- uint64) {
	if rows == queens {
		result <- 1
		return
	}
	children := make(chan uint64, queens)
	count := 0
	for column := int8(0); column < queens; column++ {
		if isFree(&b, rows, column) {
			b[rows] = column
			go nqueens(b, rows+1, children)
			count++
		}
	}
	sum := uint64(0)
	for i := 0; i < count; i++ {
		sum += <-children
	}
	result <- sum
}

func nqueensTree(int) int {
	result := make(chan uint64, 1)
	nqueens(board{}, 0, result)
	check(<-result == solutions, "nqueens: a wrong number of solutions")
	return queensChildren
}
