document.body.textContent = "井然";
