//! Trees of tasks: each spawns its children and waits for all of them. The size of a tree is fixed;
//! an operation is a child.

use std::future::Future;
use std::pin::Pin;

use super::Done;

const FIB: u32 = 30;
const FIB_OF_IT: u64 = 832_040;
const FIB_CHILDREN: usize = 1_346_268;

pub async fn fib_tree() -> Done {
    assert_eq!(fib(FIB).await, FIB_OF_IT);
    FIB_CHILDREN.into()
}

/// Two children, one of which is a plain call. A call of itself needs a box; a spawn does not.
fn fib(n: u32) -> impl Future<Output = u64> + Send {
    async move {
        if n < 2 {
            return u64::from(n);
        }
        let child = tokio::spawn(fib(n - 1));
        let second = boxed_fib(n - 2).await;
        child.await.unwrap() + second
    }
}

fn boxed_fib(n: u32) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(fib(n))
}

const DEGREE: usize = 10;
const LEAVES: u64 = 1_000_000;
const SKYNET_CHILDREN: usize = 1_111_110;

pub async fn skynet_tree() -> Done {
    assert_eq!(skynet(0, LEAVES).await, LEAVES * (LEAVES - 1) / 2);
    SKYNET_CHILDREN.into()
}

fn skynet(number: u64, leaves: u64) -> impl Future<Output = u64> + Send {
    async move {
        if leaves == 1 {
            return number;
        }
        let part = leaves / DEGREE as u64;
        let children: [_; DEGREE] =
            std::array::from_fn(|i| tokio::spawn(skynet(number + i as u64 * part, part)));
        let mut sum = 0;
        for child in children {
            sum += child.await.unwrap();
        }
        sum
    }
}

const QUEENS: usize = 11;
const SOLUTIONS: u64 = 2680;
const QUEENS_CHILDREN: usize = 166_925;

pub async fn nqueens_tree() -> Done {
    assert_eq!(nqueens([0; QUEENS], 0).await, SOLUTIONS);
    QUEENS_CHILDREN.into()
}

fn is_free(board: &[i8; QUEENS], rows: usize, column: i8) -> bool {
    board[..rows].iter().enumerate().all(|(row, queen)| {
        let distance = (rows - row) as i8;
        let difference = column - queen;
        difference != 0 && difference != distance && difference != -distance
    })
}

fn nqueens(mut board: [i8; QUEENS], rows: usize) -> impl Future<Output = u64> + Send {
    async move {
        if rows == QUEENS {
            return 1;
        }
        let mut children = [const { None }; QUEENS];
        let mut count = 0;
        for column in 0..QUEENS as i8 {
            if is_free(&board, rows, column) {
                board[rows] = column;
                children[count] = Some(tokio::spawn(nqueens(board, rows + 1)));
                count += 1;
            }
        }
        let mut solutions = 0;
        for child in children.into_iter().flatten() {
            solutions += child.await.unwrap();
        }
        solutions
    }
}
